using System.Diagnostics.Metrics;

namespace Partner.Incidents;

/// <summary>Figures; tags are few: no connection, no host.</summary>
internal sealed class IncidentsMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _asked = meters
        .Create(Name)
        .CreateCounter<long>("partner.incidents.requests", "{request}");
    private readonly Counter<long> _lost = meters
        .Create(Name)
        .CreateCounter<long>("partner.incidents.answers.lost", "{call}");
    private readonly Counter<long> _found = meters
        .Create(Name)
        .CreateCounter<long>(
            "partner.incidents.found",
            "{call}",
            "Answers that were lost, and found again by their marker."
        );

    private readonly Counter<long> _looks = meters
        .Create(Name)
        .CreateCounter<long>("partner.incidents.looks", "{look}", "For lost answers, while nobody asks again.");

    // The prefix is the one that telemetry takes.
    private const string Name = "Partner.Incidents";

    public void Asked(IncidentEndpoint operation, Decision decision) =>
        _asked.Add(
            1,
            new("partner.operation", operation.Name),
            new("partner.decision", decision.ToString().ToLowerInvariant())
        );

    public void AnswerLost(IncidentEndpoint operation) =>
        _lost.Add(1, new KeyValuePair<string, object?>("partner.operation", operation.Name));

    public void Found(IncidentEndpoint operation) =>
        _found.Add(1, new KeyValuePair<string, object?>("partner.operation", operation.Name));

    public void Looked(IncidentEndpoint operation, Finding finding) =>
        _looks.Add(
            1,
            new("partner.operation", operation.Name),
            new("partner.finding", finding.GetType().Name.ToLowerInvariant())
        );
}
