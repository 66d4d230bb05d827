from trainers.common.utils import generate_metadata  # ❌ Breaks isolation
from trainers.ultralytics.utils import ...  # ❌ Cross-trainer dependency
