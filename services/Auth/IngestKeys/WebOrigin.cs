namespace Partner.Auth.IngestKeys;

/// <summary>An origin as browsers write it in <c>Origin</c> (RFC 6454 6.2): <c>https://shop.example</c>.</summary>
internal static class WebOrigin
{
    private const int MostCharacters = 300;

    /// <summary>
    /// Only the one spelling that a browser has for it, since it is compared as text: lower case, punycode, no usual
    /// port, no slash at the end.
    /// </summary>
    public static bool IsOne(string text) =>
        text.Length <= MostCharacters
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
        && text == $"{uri.Scheme}://{uri.IdnHost}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";
}
