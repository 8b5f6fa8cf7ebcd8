using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>assets/oauth_clients.json (datadog-facts 2.10, 2.11, 5.2).</summary>
public class OAuthClientTests
{
    private static readonly JsonNode File = TileFile.Json("assets/oauth_clients.json");
    private static readonly JsonNode Client = TileFile.Find(File, "integration")!;
    private static readonly IReadOnlyList<string> Scopes = TileFile.Texts(TileFile.Find(Client, "scopes"));

    [Fact]
    public void KeysAreExactlyThose()
    {
        Assert.Equal(["integration"], TileFile.Keys(File));
        Assert.Equal(
            ["client_role", "description", "id", "name", "onboarding_url", "redirect_uris", "scopes"],
            TileFile.Keys(Client)
        );
    }

    [Fact]
    public void TheClientIsAnIntegrationAndIsCalledLikeIt()
    {
        Assert.Equal("integration", TileFile.Text(Client, "client_role"));
        Assert.Equal(TileFile.Title, TileFile.Text(Client, "name"));
        Assert.NotEqual("", TileFile.Text(Client, "description"));
        Assert.True(Guid.TryParseExact(TileFile.Text(Client, "id"), "D", out _));
    }

    [Fact]
    public void AddressesAreTheGatewaysOwn()
    {
        var onboarding = new Uri(TileFile.Text(Client, "onboarding_url"));
        Assert.Equal($"https://{onboarding.Host}/connect", onboarding.OriginalString);
        Assert.Equal(
            [$"https://{onboarding.Host}/oauth/callback"],
            TileFile.Texts(TileFile.Find(Client, "redirect_uris"))
        );
    }

    [Fact]
    public void ScopesExistAndAreNamedOnce()
    {
        Assert.Equal([], Scopes.Except(DatadogScopes.All));
        Assert.Equal(Scopes.Distinct().Order(StringComparer.Ordinal), Scopes);
    }

    [Fact]
    public void NoScopeEditsWhatTheCustomerMade()
    {
        string[] writing = ["api_keys_write", "incident_write"];
        Assert.Equal(
            writing,
            Scopes.Where(s =>
                !s.EndsWith("_read", StringComparison.Ordinal)
                && !s.Contains("_read_", StringComparison.Ordinal)
                && s != "timeseries_query"
            )
        );
    }
}
