using Aspire.Hosting.ApplicationModel;

namespace Partner.AppHost;

/// <summary>The machine's Redis, in memory alone: everything in it may be lost at any moment.</summary>
internal sealed class LocalRedis(string name, ParameterResource password, string configurationFile)
    : ExecutableResource(name, FindProgram(), Path.GetTempPath()), IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    public string ConfigurationFile => configurationFile;

    public EndpointReference Endpoint => new(this, EndpointName);

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{Endpoint.Property(EndpointProperty.IPV4Host)}:{Endpoint.Property(EndpointProperty.Port)},password={password}");

    /// <summary>By a file that only its owner reads: arguments are in the dashboard and in the orchestrator's log.</summary>
    public async Task ConfigureAsync(CancellationToken cancellation)
    {
        var port = await Endpoint.Property(EndpointProperty.TargetPort).GetValueAsync(cancellation);
        await using var file = new FileStream(configurationFile, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await using var writer = new StreamWriter(file);
        await writer.WriteAsync($"""
            bind 127.0.0.1
            port {port}
            requirepass {await password.GetValueAsync(cancellation)}
            save ""
            appendonly no

            """.AsMemory(), cancellation);
    }

    private static string FindProgram() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            "No container engine runs here, and no Redis is installed. ./dev setup installs one on Debian and Ubuntu; "
            + "or set ConnectionStrings__cache to a server of your own.");
}
