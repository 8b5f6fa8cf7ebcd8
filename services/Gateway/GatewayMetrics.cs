using System.Diagnostics.Metrics;
using Partner.Gateway.Keys;

namespace Partner.Gateway;

/// <summary>Names by https://opentelemetry.io/docs/specs/semconv/general/naming/; no tag is the client's text.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Partner.Gateway";

    private readonly Counter<long> _requests;
    private readonly Counter<long> _unavailable;
    private readonly Counter<long> _failures;

    public GatewayMetrics(IMeterFactory meters, KeyTable table)
    {
        var meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>(
            "partner.gateway.requests",
            "{request}",
            "Requests by route and outcome."
        );
        meter.CreateObservableGauge(
            "partner.gateway.key_table.size",
            () => table.Count,
            "{key}",
            "Live ingest keys known."
        );
        _unavailable = meter.CreateCounter<long>(
            "partner.gateway.unavailable",
            "{request}",
            "Requests that something was away for, by cause."
        );
        _failures = meter.CreateCounter<long>(
            "partner.gateway.failures",
            "{request}",
            "Requests that a service failed over or that could not be passed on."
        );
        meter.CreateObservableGauge(
            "partner.gateway.key_table.age",
            () => table.Age?.TotalSeconds ?? 0,
            "s",
            "Time since auth confirmed the keys."
        );
    }

    public void Answered(string route, int status) =>
        _requests.Add(1, new("http.route", route), new("outcome", Outcome(status)));

    /// <summary>Passes by itself.</summary>
    public void Unavailable(UnavailableCause cause) =>
        _unavailable.Add(1, new KeyValuePair<string, object?>("cause", cause.Text()));

    /// <summary>Does not: any is worth an alert.</summary>
    public void Failed(string service, string reason) =>
        _failures.Add(1, new("service", service), new("reason", reason));

    private static string Outcome(int status) =>
        status switch
        {
            < 400 => "accepted",
            429 => "limited",
            499 => "aborted",
            < 500 => "refused",
            500 or 501 => "failed",
            _ => "unavailable",
        };
}
