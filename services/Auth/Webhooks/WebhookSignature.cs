using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Auth.Webhooks;

/// <summary>
/// Headers of a message by Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, "Signature
/// scheme"): HMAC-SHA256 of <c>id.timestamp.payload</c>. Own code: it is a line, and two secrets are in
/// force while one is changed.
/// </summary>
internal static class WebhookSignature
{
    public const string SecretPrefix = "whsec_";

    /// <summary>The specification asks for 24 to 64 bytes.</summary>
    private const int SecretSize = 32;

    public static Secret NewSecret() =>
        new(SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretSize)));

    /// <param name="secrets">While a secret is being replaced there are two, and a signature by each.</param>
    public static void Sign(
        HttpRequestMessage request,
        string id,
        DateTimeOffset at,
        byte[] payload,
        IEnumerable<Secret> secrets
    )
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. payload];
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", string.Join(' ', secrets.Select(secret => Of(secret, signed))));
    }

    private static string Of(Secret secret, byte[] signed)
    {
        var key = Convert.FromBase64String(secret.Reveal()[SecretPrefix.Length..]);
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}";
    }
}
