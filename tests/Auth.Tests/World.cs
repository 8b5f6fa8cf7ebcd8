using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Auth.Webhooks;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>
/// A Datadog, a vault, Postgres and Redis, all real and in this process or started by it, and as many Auth processes
/// as a test wants.
/// </summary>
public sealed partial class World : IAsyncLifetime
{
    public const string PublicUrl = "https://partner.example";
    public const string SignInUrl = "https://product.example/sign-in";
    public const string ReturnToKey = "return-to-key-that-product-and-auth-share";

    private readonly List<IAsyncDisposable> _apps = [];
    private readonly LogCapture _logs = new();
    private readonly ServiceIdentity _auth;
    private readonly ServiceIdentity _vaultIdentity;
    private WebApplication _vault = null!;
    private TestDatabase _vaultDatabase = null!;

    public World()
    {
        _auth = new("auth", Clock);
        _vaultIdentity = new("vault", Clock);
        Gateway = new("gateway", Clock);
        Sender = new("logs", Clock);
    }

    public string ClientId { get; } = new Guid(RandomNumberGenerator.GetBytes(16)).ToString();

    public string Secret { get; } = "client-secret-" + RandomNumberGenerator.GetHexString(24, lowercase: true);

    public SandboxApp Sandbox { get; private set; } = null!;

    public SandboxState Datadog => Sandbox.State;

    public TestDatabase Database { get; private set; } = null!;

    public RedisServer Redis { get; private set; } = null!;

    internal LogCapture Logs => _logs;

    internal ServiceIdentity Gateway { get; }

    internal ServiceIdentity Sender { get; }

    /// <summary>The Auth that most tests talk to.</summary>
    internal AuthInstance Auth { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxApp.StartAsync(
            new SandboxOptions
            {
                Clients =
                [
                    new()
                    {
                        ClientId = ClientId,
                        Secret = Secret,
                        Name = "Demo Partner",
                        RedirectUri = $"{PublicUrl}/oauth/callback",
                        OnboardingUrl = $"{PublicUrl}/connect",
                        Scopes = ["api_keys_write"],
                    },
                ],
            },
            Clock
        );
        Redis = await RedisServer.StartAsync();
        Database = await TestDatabase.CreateAsync("services/Auth/Migrations", "auth");
        await ShadowClockAsync();
        _vaultDatabase = await TestDatabase.CreateAsync("services/CredentialVault/Migrations", "vault");
        _vault = await StartVaultAsync("http://127.0.0.1:0");
        Auth = await StartAuthAsync();
    }

    /// <summary>Another Auth process, as far as Postgres, Redis, the vault and Datadog can tell.</summary>
    internal async Task<AuthInstance> StartAuthAsync(
        Action<IServiceCollection>? configure = null,
        params (string Key, string? Value)[] settings
    )
    {
        var all = AuthSettings("http://127.0.0.1:0").Concat(settings.ToDictionary(s => s.Key, s => s.Value));
        string[] args = [.. all.Select(s => $"--{s.Key}={s.Value}")];
        var app = Program.Build(
            args,
            builder =>
            {
                // Can be changed while it runs.
                builder.Configuration.AddInMemoryCollection([new("Clients:default:Secrets:0", Secret)]);
                builder.Logging.ClearProviders().AddProvider(_logs).SetMinimumLevel(LogLevel.Trace);
                // Tests step it.
                builder.Services.Remove(
                    builder.Services.Single(s =>
                        s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(Worker)
                    )
                );
                builder.Services.Remove(
                    builder.Services.Single(s =>
                        s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(WebhookDispatcher)
                    )
                );
                builder.Services.AddSingleton<TimeProvider>(Clock);
                configure?.Invoke(builder.Services);
            }
        );
        _apps.Add(app);
        await app.StartAsync();
        return new AuthInstance(this, app);
    }

    /// <summary>What an Auth is started with, whether in this process or in one of its own.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> AuthSettings(string url) =>
        _auth
            .AsSelf()
            .Concat(Gateway.AsCaller("people", "partner", "ingest-keys", "partner-credentials"))
            .Concat(Sender.AsCaller("connection-checks", "access-tokens", "connections"))
            .Concat(
                new Dictionary<string, string?>
                {
                    ["environment"] = "Development",
                    ["AllowUnsafeDatabase"] = "true",
                    ["urls"] = url,
                    // Before pg_catalog: the database's time is the world's.
                    ["ConnectionStrings:database"] = $"{Database.ConnectionString};Search Path=auth,pg_catalog",
                    ["ConnectionStrings:cache"] = Redis.ConnectionString,
                    ["services:vault:http:0"] = _vault.Urls.Single(),
                    ["Egress:Sandbox:Endpoint"] = $"tcp://127.0.0.1:{Sandbox.Tls.Port}",
                    ["Egress:Sandbox:Pages"] = $"http://127.0.0.1:{Sandbox.Pages.Port}",
                    ["PublicUrl"] = PublicUrl,
                    ["PartnerSignInUrl"] = SignInUrl,
                    ["ReturnToKeys:0"] = ReturnToKey,
                    // Tests step that, too: its requests would meet their faults.
                    ["CheckClients"] = "false",
                    ["ReturnTo:0"] = "/settings/datadog",
                    ["ReturnTo:1"] = "https://app.product.example/datadog?tab=1",
                    ["Clients:default:ClientId"] = ClientId,
                    ["Clients:default:Name"] = "Demo Partner",
                    ["Clients:default:Scopes:0"] = "api_keys_write",
                }
            );

    /// <summary>From now on the vault's database takes no secret of this kind.</summary>
    internal Task RefuseInVaultAsync(string kind) =>
        VaultAdminAsync(
            $"""
            CREATE FUNCTION vault.refuse() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '57P03'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON vault.secrets
                FOR EACH ROW WHEN (new.kind = '{kind}') EXECUTE FUNCTION vault.refuse();
            """
        );

    internal Task AcceptInVaultAsync() => VaultAdminAsync("DROP FUNCTION vault.refuse CASCADE");

    private async Task VaultAdminAsync(string sql)
    {
        await using var admin = _vaultDatabase.Server.OpenAdmin(_vaultDatabase.Name);
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A browser that has nothing yet.</summary>
    internal Browser NewBrowser(AuthInstance? auth = null) => new(this, auth ?? Auth, (auth ?? Auth).Url);

    internal Browser NewBrowserAt(AuthProcess auth) => new(this, Auth, auth.Url);

    internal async Task StopVaultAsync() => await _vault.DisposeAsync();

    /// <summary>On the port that it had.</summary>
    internal async Task RestartVaultAsync(string url, bool withNewKey = false)
    {
        await _vault.DisposeAsync();
        _vault = await StartVaultAsync(url, withNewKey);
    }

    internal string VaultUrl => _vault.Urls.Single();

    internal Task<T> VaultScalarAsync<T>(string sql, params object[] parameters) =>
        _vaultDatabase.ScalarAsync<T>(sql, parameters);

    /// <summary>The connection's API key, as a sender asks the vault for it.</summary>
    internal async Task<HttpStatusCode> ReleaseAsync(ConnectionId connection)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(new Uri(VaultUrl), $"/internal/v1/connections/{connection}/api-key/release")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            Sender.TokenFor("vault", new ServiceClaims(connection.Text))
        );
        using var response = await AuthInstance.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Token requests that the sandbox has had so far.</summary>
    internal int TokenRequests(string? org = null) =>
        Datadog.Journal.Entries.Count(e => e.Path == "/oauth2/v1/token" && (org is null || e.Org == org));

    internal int MintRequests(Sandbox.OAuth.Org org) =>
        Datadog.Journal.Entries.Count(e => e.Path == "/api/v2/api_keys/marketplace" && e.Org == org.Id);

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }

        await _vault.DisposeAsync();
        await DisposeTimeAsync();
        await Sandbox.DisposeAsync();
        await Redis.DisposeAsync();
        await Database.DisposeAsync();
        await _vaultDatabase.DisposeAsync();
    }

    private static readonly string NextKeyRingKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private static readonly string KeyRingKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private async Task<WebApplication> StartVaultAsync(string url, bool withNewKey = false)
    {
        var settings = _vaultIdentity
            .AsSelf()
            .Concat(
                _auth.AsCaller("owners", "secrets", "refresh-tokens", "api-keys", "sealing-keys", "audit", "audit-read")
            )
            .Concat(Sender.AsCaller("api-key-release"))
            .Append(new("ConnectionStrings:database", _vaultDatabase.ConnectionString))
            .Append(new("KeyRing:Current", withNewKey ? "2" : "1"))
            .Append(new("KeyRing:Keys:1", KeyRingKey))
            .Append(new("KeyRing:Keys:2", NextKeyRingKey))
            .Append(new("environment", "Development"))
            .Append(new("AllowUnsafeDatabase", "true"))
            .Append(new("urls", url));
        var app = CredentialVault.Program.Build(
            [.. settings.Select(s => $"--{s.Key}={s.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(_logs);
                builder.Services.AddSingleton<TimeProvider>(Clock);
            }
        );
        await app.StartAsync();
        return app;
    }
}
