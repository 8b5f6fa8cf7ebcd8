namespace Partner.Sandbox;

/// <summary>What the tool prints when it has started: for people, and for a shell that sources it.</summary>
internal static class Started
{
    public static string Say(SandboxApp sandbox, ClientOptions? made) =>
        string.Join('\n', [.. Addresses(sandbox), .. made is null ? [] : Client(made), "# Ctrl+C ends it."]);

    private static string[] Addresses(SandboxApp sandbox) =>
        [
            "# The page; the admin API is /_sandbox there. People's pages: http://<app host>.localhost and this port.",
            $"SANDBOX={sandbox.Pages.GetLeftPart(UriPartial.Authority)}",
            "# Every Datadog host, by TLS; the authority to trust is $SANDBOX/_sandbox/ca.pem.",
            $"DATADOG={sandbox.Tls}",
        ];

    private static string[] Client(ClientOptions made) =>
        [
            "# An OAuth client.",
            $"CLIENT_ID={made.ClientId}",
            $"CLIENT_SECRET={made.Secret}",
            $"REDIRECT_URI={made.RedirectUri}",
        ];
}
