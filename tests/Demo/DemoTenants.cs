using Microsoft.Extensions.Options;

namespace Partner.Demo;

/// <summary>The tenants of this run, each connected by the OAuth flow.</summary>
internal sealed class DemoTenants(PartnerBackend backend, SandboxAdmin sandbox, IOptions<DemoOptions> options)
    : IDisposable
{
    private static readonly DemoSite First = DemoSite.All[1];

    private readonly SemaphoreSlim _one = new(1);
    private ConnectedTenant? _newest;

    public int Count { get; private set; }

    public Uri Gateway => options.Value.Gateway;

    public async Task<ConnectedTenant> ConnectAsync(DemoSite site, string name)
    {
        await _one.WaitAsync();
        try
        {
            return await ConnectNextAsync(site, name);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The one that was connected last; the first one if there is none yet.</summary>
    public async Task<ConnectedTenant> NewestAsync()
    {
        await _one.WaitAsync();
        try
        {
            return _newest ?? await ConnectNextAsync(First, "first-run");
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ConnectedTenant> ConnectNextAsync(DemoSite site, string name)
    {
        _newest = await Connecting.ConnectAsync(backend, sandbox, options.Value.Gateway, site, name);
        Count++;
        return _newest;
    }
}
