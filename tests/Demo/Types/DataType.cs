namespace Partner.Demo.Types;

/// <summary>A data type under the sandbox's name for it, who delivers it, and the clients that send it.</summary>
internal sealed record DataType(string Name, string Sender, IReadOnlyList<Client> Clients)
{
    public static readonly IReadOnlyList<DataType> All =
    [
        new("metrics", "metrics", Metrics.Clients),
        new("logs", "logs", Logs.Clients),
        new("events", "events", Events.Clients),
        new("service_checks", "checks", ServiceChecks.Clients),
        new("traces", "traces", Traces.Clients),
        new("incidents", "incidents", Incidents.Clients),
    ];
}

/// <summary>One kind of request. Each item carries a marker, by which it is known where it arrives.</summary>
internal sealed record Client(string Name, Func<Call, HttpRequestMessage> Request, int Requests = 1, int Items = 25);

internal sealed record Call(Uri Gateway, string Key, IReadOnlyList<string> Markers, DateTimeOffset Now)
{
    public long Seconds => Now.ToUnixTimeSeconds();

    public long Nanoseconds => Now.ToUnixTimeMilliseconds() * 1_000_000;
}
