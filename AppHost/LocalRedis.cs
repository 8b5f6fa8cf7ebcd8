using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>The machine's Redis, in memory alone: everything in it may be lost at any moment.</summary>
internal sealed class LocalRedis(string name, ParameterResource password, string configurationFile, string program)
    : ExecutableResource(name, program, Path.GetTempPath()),
        IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    public string ConfigurationFile => configurationFile;

    public EndpointReference Endpoint => new(this, EndpointName);

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create(
            $"{Endpoint.Property(EndpointProperty.IPV4Host)}:{Endpoint.Property(EndpointProperty.Port)},password={password}"
        );

    /// <summary>By a file that only its owner reads: arguments are in the dashboard and in the orchestrator's log.</summary>
    public async Task ConfigureAsync(CancellationToken cancellation)
    {
        var port = await Endpoint.Property(EndpointProperty.TargetPort).GetValueAsync(cancellation);
        await LocalServers.WriteSecretAsync(
            configurationFile,
            $"""
            bind 127.0.0.1
            port {port}
            requirepass {await password.GetValueAsync(cancellation)}
            save ""
            appendonly no

            """,
            cancellation
        );
    }

    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static string FindProgram(IConfiguration configuration) =>
        (configuration["PATH"] ?? "")
            .Split(Path.PathSeparator)
            .Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            "No container engine runs here, and no Redis is installed. ./dev setup installs one on Debian and Ubuntu; "
                + "or set ConnectionStrings__cache to a server of your own."
        );
}
