using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Auth.Connect;

/// <summary>
/// Ties a posted form to the browser that got the page: the token is an HMAC of the session under the form cookie,
/// which another site can neither read nor plant.
/// </summary>
internal static class FormToken
{
    public static string Of(string cookie, string session) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(cookie), Encoding.UTF8.GetBytes(session)));

    public static bool IsValid(string? cookie, string session, string? token) =>
        cookie is not null
        && token is not null
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Of(cookie, session)),
            Encoding.UTF8.GetBytes(token)
        );
}
