using Microsoft.Extensions.Options;

namespace Partner.Demo;

/// <summary>
/// One connection, made by walking the real flow, so that a first run has something to send with; and what a developer
/// needs to do so. The key is one of the sandbox's world and opens nothing else.
/// </summary>
internal sealed class FirstRun(DemoTenants tenants, SandboxAdmin sandbox, IOptions<DemoOptions> options)
    : BackgroundService
{
    public const string ExternalId = "acme";
    public const string TenantName = "Acme Corp";

    private readonly TaskCompletionSource<string> _text = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until the connection is made, or could not be.</summary>
    public Task<string> TextAsync() => _text.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
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
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
        {
            _text.SetResult($"The first connection could not be made: {exception.Message}");
        }
    }
}
