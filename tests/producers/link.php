<?php
function login_link(string $email): string
{
    $exp = time() + 3600;
    $sig = hash_hmac('sha256', "ssc-login:v1:shop1:$exp:$email", getenv('SSC_LOGIN_SECRET'));
    return 'https://login.example.com/ssc-login?email=' . rawurlencode($email) . "&exp=$exp&kid=shop1&sig=$sig";
}
