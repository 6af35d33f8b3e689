using System.Security.Cryptography;
using System.Text;

namespace Shop;

internal static class SscLogin
{
    public static string LinkFor(string email, string secret)
    {
        var exp = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"ssc-login:v1:shop1:{exp}:{email}"));
        return $"https://login.example.com/ssc-login?email={Uri.EscapeDataString(email)}&exp={exp}&kid=shop1&sig={Convert.ToHexStringLower(mac)}";
    }
}
