using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Partner.Auth.Connect;

/// <summary>
/// The way to the partner's sign-in page and back. The link back is signed with a key that both know: the sign-in page
/// sends no browser to an address that is not ours, and the tile's parameters come back as they went out.
/// <c>signature</c> is the HMAC-SHA256, in base64url, of the link before <c>&amp;signature=</c>.
/// </summary>
internal sealed class ReturnLinks(IOptions<AuthOptions> options, TimeProvider time)
{
    /// <summary>For a browser that did not come from the tile.</summary>
    public const string NoEntry = "none";

    private const int MaxLink = 2000;
    private const string Signature = "&signature=";

    public string SignInUrl(string entry)
    {
        var settings = options.Value;
        var back = settings.UrlOf(
            $"/connect?entry={entry}&expires={(time.GetUtcNow() + TileStore.Life).ToUnixTimeSeconds()}"
        );
        var separator = settings.PartnerSignInUrl.Contains('?') ? '&' : '?';
        var link = $"{back}{Signature}{Sign(back, settings.ReturnToKeys[0])}";
        return $"{settings.PartnerSignInUrl}{separator}return_to={Uri.EscapeDataString(link)}";
    }

    /// <summary>The tile entry's handle, or null if this is not a link of ours that still counts.</summary>
    public string? EntryOf(StringValues entry, StringValues expires, StringValues signature)
    {
        if (
            entry is not [{ Length: > 0 } handle]
            || expires is not [{ Length: > 0 } until]
            || signature is not [{ } signed]
        )
        {
            return null;
        }

        var back = options.Value.UrlOf($"/connect?entry={handle}&expires={until}");
        return
            options.Value.ReturnToKeys.Any(key => OpaqueTokens.SameHash(Sign(back, key), signed))
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds > time.GetUtcNow().ToUnixTimeSeconds()
            ? handle
            : null;
    }

    /// <summary>Whether the whole link is one of ours.</summary>
    public bool IsOurs(string link)
    {
        var (start, mark) = (options.Value.UrlOf("/connect?"), link.IndexOf('?', StringComparison.Ordinal));
        if (link.Length > MaxLink || !link.StartsWith(start, StringComparison.Ordinal))
        {
            return false;
        }

        var query = QueryHelpers.ParseQuery(link[mark..]);
        return query.Count == 3
            && query.TryGetValue("entry", out var entry)
            && query.TryGetValue("expires", out var expires)
            && query.TryGetValue("signature", out var signature)
            && EntryOf(entry, expires, signature) is not null;
    }

    private static string Sign(string link, string key) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(link)));
}
