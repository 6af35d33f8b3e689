require 'erb'
require 'openssl'

def login_link(email)
  exp = Time.now.to_i + 3600
  sig = OpenSSL::HMAC.hexdigest('SHA256', ENV.fetch('SSC_LOGIN_SECRET'), "ssc-login:v1:shop1:#{exp}:#{email}")
  "https://login.example.com/ssc-login?email=#{ERB::Util.url_encode(email)}&exp=#{exp}&kid=shop1&sig=#{sig}"
end
