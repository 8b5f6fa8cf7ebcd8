using Microsoft.Extensions.Options;
using Partner.Auth.Datadog;
using Partner.Egress;

namespace Partner.Auth;

/// <summary>
/// Asks Datadog once at the start, and after each change of the configuration, whether it knows the clients. A mistake
/// is reported clearly, and stops nothing: tenants that are connected have tokens.
/// </summary>
internal sealed partial class ClientSelfCheck(
    DatadogOAuthClient datadog,
    ClientProfiles clients,
    IOptionsMonitor<ClientsOptions> options,
    IOptions<AuthOptions> auth,
    ClientHealth health,
    SiteRegistry sites,
    ILogger<ClientSelfCheck> logger
) : BackgroundService
{
    /// <summary>Every client once.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (clients.Find(null) is null)
        {
            Log.NoDefault(logger);
        }

        foreach (var client in clients.All)
        {
            await CheckAsync(client, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!auth.Value.CheckClients)
        {
            return;
        }

        using var due = new SemaphoreSlim(1);
        using var changes = options.OnChange(_ => due.Release());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await due.WaitAsync(stoppingToken);
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotChecked(logger, exception.GetType().Name);
            }
        }
    }

    private async Task CheckAsync(ClientProfile client, CancellationToken cancellationToken)
    {
        if (sites.Find(client.Site) is not { } site)
        {
            Log.UnknownSite(logger, client.Profile, client.Site);
            return;
        }

        var answers = new List<bool?>();
        foreach (var secret in client.Secrets)
        {
            answers.Add(await datadog.KnowsAsync(site, client, secret, cancellationToken));
        }

        switch (answers)
        {
            case [true, ..]:
                health.Report(client.Profile, accepted: true);
                Log.Known(
                    logger,
                    client.Profile,
                    site.Parameter.Text,
                    client.RedirectUri,
                    string.Join(' ', client.Scopes)
                );
                break;
            case [false, ..] when answers.Contains(true):
                health.Report(client.Profile, accepted: true);
                Log.OlderInForce(logger, client.Profile, answers.IndexOf(true));
                break;
            case [_, ..] when answers.TrueForAll(answer => answer is false):
                health.Report(client.Profile, accepted: false);
                Log.Refused(logger, client.Profile, client.ClientId, site.Parameter.Text);
                break;
            default:
                Log.NoAnswer(logger, client.Profile, site.Parameter.Text);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Client {Profile} is known at {Site}. It needs this redirect URI there: {RedirectUri}, and these scopes: {Scopes}"
        )]
        public static partial void Known(
            ILogger logger,
            string profile,
            string site,
            string redirectUri,
            string scopes
        );

        [LoggerMessage(
            LogLevel.Warning,
            "Client {Profile}: Clients:{Profile}:Secrets:0 is not in force at Datadog, Secrets:{Index} is. Fine during a swap only."
        )]
        public static partial void OlderInForce(ILogger logger, string profile, int index);

        [LoggerMessage(
            LogLevel.Error,
            "Client {Profile}: Datadog refuses client id {ClientId} with each of its secrets on {Site}. Nobody can connect and nothing is refreshed until Clients:{Profile} is put right."
        )]
        public static partial void Refused(ILogger logger, string profile, string clientId, string site);

        [LoggerMessage(LogLevel.Warning, "Client {Profile} could not be checked: {Site} does not answer")]
        public static partial void NoAnswer(ILogger logger, string profile, string site);

        [LoggerMessage(LogLevel.Error, "Client {Profile}: {Site} in Clients:{Profile}:Site is no site of the list")]
        public static partial void UnknownSite(ILogger logger, string profile, string site);

        [LoggerMessage(
            LogLevel.Warning,
            "No client profile is the default: sessions have to name one, or DefaultClient has to"
        )]
        public static partial void NoDefault(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The clients could not be checked: {Exception}")]
        public static partial void NotChecked(ILogger logger, string exception);
    }
}
