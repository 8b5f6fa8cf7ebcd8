using Microsoft.Extensions.Options;

namespace Partner.Demo;

/// <summary>
/// One connection, made by walking the real flow, so that a first run has something to send with. It prints what a
/// developer needs; the key is one of the sandbox's world and opens nothing else.
/// </summary>
internal sealed partial class Seed(
    PartnerBackend backend, SandboxAdmin sandbox, IOptions<DemoOptions> options, ILogger<Seed> logger) : BackgroundService
{
    public const string ExternalId = "acme";
    public const string TenantName = "Acme Corp";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var gateway = options.Value.Gateway;
            var connected = await Connecting.ConnectAsync(backend, sandbox, gateway, DemoSite.All[1], "first-run");
            Log.Ready(logger, connected.Site.Name, gateway, connected.Key.Key, sandbox.Address);
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
        {
            Log.Failed(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, """
            A tenant is connected on {Site}. Send a log:
              curl -i {Gateway}api/v2/logs -H 'Content-Type: application/json' -H 'DD-API-KEY: {Key}' -d '[{{"message":"hello"}}]'
            See it arrive: {Sandbox}
            """)]
        public static partial void Ready(ILogger logger, string site, Uri gateway, string key, Uri sandbox);

        [LoggerMessage(LogLevel.Warning, "The first connection could not be made: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
