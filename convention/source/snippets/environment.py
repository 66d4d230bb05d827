import os
S3_BUCKET = os.getenv('S3_BUCKET', 'vision-platform-exports')
S3_PREFIX = os.getenv('S3_PREFIX', 'exports')
AWS_ACCESS_KEY_ID = os.getenv('AWS_ACCESS_KEY_ID')
AWS_SECRET_ACCESS_KEY = os.getenv('AWS_SECRET_ACCESS_KEY')
