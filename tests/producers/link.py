import hashlib, hmac, os, time
from urllib.parse import quote

def login_link(email):
    exp = int(time.time()) + 3600
    message = f'ssc-login:v1:shop1:{exp}:{email}'
    sig = hmac.new(os.environ['SSC_LOGIN_SECRET'].encode(), message.encode(), hashlib.sha256).hexdigest()
    return f'https://login.example.com/ssc-login?email={quote(email, safe="")}&exp={exp}&kid=shop1&sig={sig}'
