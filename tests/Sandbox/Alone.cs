using System.Security.Cryptography;

namespace Partner.Sandbox;

/// <summary>The sandbox without the system: with a client of its own, and a word on how to call it.</summary>
internal static class Alone
{
    private const string Callback = "http://localhost:8080/oauth/callback";
    private const string Onboarding = "http://localhost:8080/connect";

    /// <summary>A client, where none is configured (<c>Sandbox__Clients__0__ClientId</c> and so on).</summary>
    public static void MakeClient(SandboxOptions options)
    {
        if (options.Clients.Count > 0)
        {
            return;
        }

        options.Clients.Add(
            new ClientOptions
            {
                ClientId = new Guid(RandomNumberGenerator.GetBytes(16)).ToString(),
                Secret = RandomNumberGenerator.GetHexString(40, lowercase: true),
                RedirectUri = Callback,
                OnboardingUrl = Onboarding,
            }
        );
    }

    public static string Describe(SandboxApp sandbox, ClientOptions client) =>
        $"""
            Page, admin API     {sandbox.Pages}   (tests/Sandbox/README.md)
            Consent pages       http://<app host>.localhost:{sandbox.Pages.Port}/oauth2/v1/authorize
            Every Datadog host  {sandbox.Tls} by TLS; its authority: {sandbox.Pages}_sandbox/ca.pem
            Client id           {client.ClientId}
            Client secret       {client.Secret}
            Redirect URI        {client.RedirectUri ?? client.RedirectUris.FirstOrDefault()}

            curl {sandbox.Pages}_sandbox/ca.pem >artifacts/sandbox-ca.pem
            curl --cacert artifacts/sandbox-ca.pem --connect-to ::{sandbox.Tls} https://api.us3.datadoghq.com/api/v1/validate

            Ctrl+C ends it.
            """;
}
