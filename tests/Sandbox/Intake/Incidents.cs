using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Intake;

/// <summary>One incident of an org, as the JSON that shows it.</summary>
public sealed record Incident(Org Org, string Id, DateTimeOffset CreatedAt, JsonObject Data, List<JsonObject> Impacts);

/// <summary>
/// Every org's incidents, oldest first. Nothing makes a create idempotent: two of the same make two (datadog-facts
/// 3.7).
/// </summary>
public sealed class Incidents
{
    private const int FirstNumber = 1;
    private readonly Lock _lock = new();
    private readonly List<Incident> _incidents = [];
    private readonly Dictionary<Org, int> _numbers = [];
    private readonly TimeProvider _clock;

    internal Incidents(TimeProvider clock) => _clock = clock;

    /// <summary>What the org has now: copies, which no later change reaches.</summary>
    public IReadOnlyList<Incident> Of(Org org)
    {
        lock (_lock)
        {
            return [.. _incidents.Where(incident => incident.Org == org).Select(Copy)];
        }
    }

    public Incident? Find(Org org, string id) => Of(org).FirstOrDefault(incident => incident.Id == id);

    internal Incident Add(Org org, JsonObject attributes, JsonObject? relationships)
    {
        lock (_lock)
        {
            var number = _numbers[org] = _numbers.GetValueOrDefault(org, FirstNumber - 1) + 1;
            var now = _clock.GetUtcNow();
            var id = Guid.CreateVersion7().ToString();
            var data = IncidentBody.New(org, id, number, now);
            IncidentBody.Apply(data, org, attributes, relationships);
            var incident = new Incident(org, id, now, data, []);
            _incidents.Add(incident);
            return Copy(incident);
        }
    }

    /// <summary>Changes the one incident under the lock, and gives what it is then; null where there is none.</summary>
    internal Incident? Change(Org org, string id, Action<Incident, DateTimeOffset> change)
    {
        lock (_lock)
        {
            if (_incidents.Find(incident => incident.Org == org && incident.Id == id) is not { } incident)
            {
                return null;
            }

            change(incident, _clock.GetUtcNow());
            return Copy(incident);
        }
    }

    internal bool Remove(Org org, string id)
    {
        lock (_lock)
        {
            return _incidents.RemoveAll(incident => incident.Org == org && incident.Id == id) > 0;
        }
    }

    private static Incident Copy(Incident incident) =>
        incident with
        {
            Data = incident.Data.DeepClone().AsObject(),
            Impacts = [.. incident.Impacts.Select(impact => impact.DeepClone().AsObject())],
        };
}
