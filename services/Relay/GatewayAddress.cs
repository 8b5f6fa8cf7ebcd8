namespace Partner.Relay;

/// <summary>Where the key may be sent.</summary>
internal static class GatewayAddress
{
    /// <returns>What is wrong, as the end of a sentence; null: nothing.</returns>
    public static string? Judge(Uri? address, RelayOptions options) =>
        address switch
        {
            null => "is needed: https://api.dd.partner.example",
            not { IsAbsoluteUri: true, Scheme: "https" or "http" } => "is no address: https://api.dd.partner.example",
            not { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" } => "is scheme, host and port alone.",
            { Scheme: "http" } when options.UseProxy => "is without TLS, and a proxy would read the key.",
            // "localhost", which is nobody else's name (RFC 6761 6.3), and loopback addresses.
            { Scheme: "http" } when !address.IsLoopback && !options.AllowPlainText =>
                "is without TLS, and the key would travel in plain text: use https, or set Relay:AllowPlainText.",
            _ => null,
        };
}
