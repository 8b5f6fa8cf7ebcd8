using System.Collections.Concurrent;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Rotation;

/// <summary>
/// A whole system in which whoever serves the traffic has two replicas. A setting is changed as in a cluster: written down
/// first, and true for a process from its next start on; a rollout is one replica after the other.
/// </summary>
internal sealed class RotatedSystem : IAsyncDisposable
{
    private const string Database = "datadog";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);

    /// <summary>On the way of a log and of a read; these have two replicas, whatever else is called has one.</summary>
    private static readonly string[] Serving = ["gateway", "auth", "site-router", "vault", "logs"];

    private readonly DistributedApplication _app;
    private readonly ConcurrentDictionary<(string Resource, string Name), string> _settings;
    private readonly string _postgresPassword;
    private readonly Instances _instances;
    private int _restarts;

    private RotatedSystem(
        DistributedApplication app,
        ConcurrentDictionary<(string, string), string> settings,
        string partnerToken,
        string postgresPassword
    )
    {
        (_app, _settings, _postgresPassword) = (app, settings, postgresPassword);
        _instances = new Instances(app);
        Backend = PartnerBackend.To(Gateway, partnerToken);
        Sandbox = new SandboxAdmin(app.GetEndpoint("sandbox", "http"));
    }

    public Uri Gateway => _app.GetEndpoint("gateway", "http");

    public PartnerBackend Backend { get; }

    public SandboxAdmin Sandbox { get; }

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public Uri AddressOf(string resource) => _app.GetEndpoint(resource, "http");

    /// <summary>Processes that were told to end, of those on the way of a log or a read.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <param name="gateway">The gateway's key pair.</param>
    public static async Task<RotatedSystem> StartAsync(ServiceIdentity gateway)
    {
        var (token, password) = (NewSecret(), NewSecret());
        var settings = new ConcurrentDictionary<(string, string), string>();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([
            $"--Parameters:partner-token={token}",
            $"--Parameters:postgres-password={password}",
            $"--Parameters:gateway-private-key={gateway.PrivateKey}",
            $"--Parameters:gateway-public-key={gateway.PublicKey}",
            // The made-up password of a role would be new at each start.
            $"--Parameters:logs-db-password={NewSecret()}",
            "--Containers=false",
            "--Replicas=2",
            "--Dashboard=false",
        ]);
        foreach (var resource in builder.Resources.OfType<ProjectResource>().ToList())
        {
            var project = builder.CreateResourceBuilder(resource);
            project.WithEnvironment(context =>
            {
                context.EnvironmentVariables["Shutdown__Drain"] = "00:00:05";
                foreach (var ((of, name), value) in settings)
                {
                    if (of == resource.Name)
                    {
                        context.EnvironmentVariables[name] = value;
                    }
                }
            });
            if (!Serving.Contains(resource.Name) && resource.Annotations.OfType<ReplicaAnnotation>().Any())
            {
                project.WithReplicas(1);
            }
        }

        var app = await builder.BuildQuietAsync();
        await app.StartWholeAsync(StartTimeout);
        return new RotatedSystem(app, settings, token, password);
    }

    public static string NewSecret() => RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>From a process's next start on.</summary>
    public void Set(string resource, string name, string value) => _settings[(resource, name)] = value;

    /// <summary>One replica after the other: SIGTERM, and the next one when it is healthy again.</summary>
    public async Task RollOutAsync(string resource)
    {
        foreach (var instance in _instances.Of(resource))
        {
            if (Serving.Contains(resource))
            {
                Interlocked.Increment(ref _restarts);
            }

            await Command.RunAsync("kill", "-TERM", _instances.ProcessOf(instance)!);
            await _instances.UntilEndedAsync(instance);
            await _instances.StartAsync(instance);
            await _instances.UntilHealthyAsync(instance);
        }
    }

    /// <summary>The Migrator's Job once more; it is the caller's to see when it has done something.</summary>
    public Task RunMigratorAsync() => _instances.StartAsync("migrator");

    public string DatabaseOf(string role, string password) => ConnectionString(role, password, Database);

    /// <summary>Whether Postgres lets this in as a new session.</summary>
    public static async Task<bool> IsLetInAsync(string connectionString)
    {
        try
        {
            await using var session = new NpgsqlConnection(connectionString);
            await session.OpenAsync();
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            return false;
        }
    }

    /// <summary>As a failover, a pooler or an administrator does it.</summary>
    /// <returns>How many there were.</returns>
    public async Task<long> EndSessionsAsync(string role)
    {
        await using var admin = new NpgsqlConnection(ConnectionString("postgres", _postgresPassword, "postgres"));
        await admin.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1",
            admin
        )
        {
            Parameters = { new() { Value = role } },
        };
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        Backend.Dispose();
        Sandbox.Dispose();
        Http.Dispose();
        await _instances.DisposeAsync();
        await _app.DisposeAsync();
    }

    private string ConnectionString(string role, string password, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _app.GetEndpoint("postgres", "tcp").Port,
            Username = role,
            Password = password,
            Database = database,
            Pooling = false,
        }.ConnectionString;
}
