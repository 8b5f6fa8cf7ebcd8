using System.Diagnostics;
using OpenTelemetry;

namespace Partner.ServiceDefaults;

/// <summary>
/// Names the service whose schema a statement went to. All services' roles are on one server, and a trace would show
/// one of them, by chance, for all.
/// </summary>
internal sealed class DatabasePeer(string? service) : BaseProcessor<Activity>
{
    public const string Source = "Npgsql";

    // As the AppHost names the role's connection string.
    private readonly string _peer = $"{service}-db";

    public override void OnEnd(Activity data)
    {
        if (service is not null && data.Source.Name == Source)
        {
            data.SetTag("peer.service", _peer);
        }
    }
}
