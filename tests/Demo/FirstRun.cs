using Microsoft.Extensions.Options;

namespace Partner.Demo;

/// <summary>
/// One connection, made by walking the real flow, so that a first run has something to send with; and what a developer
/// needs to do so. The key is one of the sandbox's world and opens nothing else.
/// </summary>
internal sealed partial class FirstRun(
    DemoTenants tenants,
    SandboxAdmin sandbox,
    IOptions<DemoOptions> options,
    TimeProvider time,
    ILogger<FirstRun> logger
) : BackgroundService
{
    public const string ExternalId = "acme";
    public const string TenantName = "Acme Corp";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<string> _text = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _failure = "It is being made.";

    /// <summary>Waits until the connection is made, or says after a while why it is not yet.</summary>
    public async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _text.Task.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return $"There is no first connection yet, and it is tried again. {_failure}";
        }
    }

    // In a cluster the gateway and what stands behind it become ready in any order, and after this.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_text.Task.IsCompleted)
        {
            try
            {
                await ConnectAsync();
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
            {
                _failure = exception.Message;
                Log.NotYet(logger, exception.Message);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private async Task ConnectAsync()
    {
        var (gateway, connected) = (options.Value.Gateway, await tenants.NewestAsync());
        _text.SetResult(
            $$"""
            A tenant is connected on {{connected.Site.Name}}. Send a log:
              curl -i {{gateway}}api/v2/logs -H 'Content-Type: application/json' -H 'DD-API-KEY: {{connected.Key.Key}}' -d '[{"message":"hello"}]'
            See it arrive: {{sandbox.Address}}
            """
        );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The first connection is not made yet: {Why}")]
        public static partial void NotYet(ILogger logger, string why);
    }
}
