using System.Globalization;
using System.Text;
using Partner.Demo.Types;

namespace Partner.Demo;

/// <summary>
/// What a developer does from the dashboard, as the partner's backend, its customer's people, or Datadog would do it. Each
/// answers with a text that says what came of it. They go to the tenant that was connected last.
/// </summary>
internal sealed class Commands(PartnerBackend backend, SandboxAdmin sandbox, DemoTenants tenants, TimeProvider time)
{
    private readonly HttpClient _http = new(Loopback.Handler());

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/commands");
        group.MapPost("/connect", (Commands commands, string? site) => commands.ConnectAsync(site));
        group.MapPost("/send", (Commands commands) => commands.SendAsync());
        group.MapPost("/revoke", (Commands commands) => commands.RevokeAsync());
        group.MapPost("/replay", (Commands commands) => commands.ReplayAsync());
    }

    /// <param name="key">Of a site, as in <c>us3</c>; without one the next in turn.</param>
    private async Task<IResult> ConnectAsync(string? key)
    {
        var site = key is null
            ? DemoSite.All[tenants.Count % DemoSite.All.Count]
            : DemoSite.All.FirstOrDefault(s => string.Equals(s.Key, key, StringComparison.OrdinalIgnoreCase));
        if (site is null)
        {
            return Told(
                400,
                $"There is no site '{key}'. The sites: {string.Join(", ", DemoSite.All.Select(s => s.Key))}."
            );
        }

        var connected = await tenants.ConnectAsync(site, $"demo-{tenants.Count + 1}");
        return Told(200, $"{connected.Tenant.Name} is connected; its ingest key: {connected.Key.Key}");
    }

    private async Task<IResult> SendAsync()
    {
        var tenant = await tenants.NewestAsync();
        var told = new StringBuilder(tenant.Tenant.Name).Append('\n');
        var failed = false;
        foreach (var type in DataType.All)
        {
            var client = type.Clients[0];
            var marker = $"command_{Guid.CreateVersion7():N}"[^24..];
            using var request = client.Request(new Call(tenants.Gateway, tenant.Key.Key, [marker], time.GetUtcNow()));
            using var response = await _http.SendAsync(request);
            told.Append(CultureInfo.InvariantCulture, $"{type.Name}: {(int)response.StatusCode}, marked {marker}\n");
            failed |= !response.IsSuccessStatusCode;
        }

        return Told(failed ? 502 : 200, told.ToString());
    }

    private async Task<IResult> RevokeAsync()
    {
        var tenant = await tenants.NewestAsync();
        await sandbox.RevokeGrantsAsync(tenant.Org.Id);
        return Told(
            200,
            $"An administrator of {tenant.Org.Name} has revoked the authorization of {tenant.Tenant.Name}."
        );
    }

    private async Task<IResult> ReplayAsync()
    {
        var tenant = await tenants.NewestAsync();
        var told = new StringBuilder();
        // Incidents are passed through: there is nothing to replay.
        foreach (var sender in DataType.All.Select(type => type.Sender).Where(sender => sender != "incidents"))
        {
            var letters = (await backend.DeliveriesAsync(sender, tenant.Connection.Id)).DeadLetters;
            if (letters > 0)
            {
                await backend.ReplayAsync(sender, tenant.Connection.Id);
                told.Append(CultureInfo.InvariantCulture, $"{sender}: {letters} dead letters\n");
            }
        }

        return Told(200, told.Length == 0 ? $"{tenant.Tenant.Name} has no dead letters." : $"Sent again:\n{told}");
    }

    private static IResult Told(int status, string text) => Results.Text(text, "text/plain", Encoding.UTF8, status);
}
