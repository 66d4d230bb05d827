# ❌ This breaks dependency isolation
from trainers.common.export.base import BaseExportAdapter
