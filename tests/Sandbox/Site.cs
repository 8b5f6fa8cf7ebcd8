namespace Partner.Sandbox;

/// <summary>What Datadog serves on a host. A host can serve more than one product.</summary>
[Flags]
public enum Product
{
    None = 0,
    App = 1,
    Api = 2,
    Logs = 4,
    Events = 8,
    TraceAgent = 16,
    AgentMetrics = 32,
    Otlp = 64,
    Browser = 128,
    Spans = 256,
    IpRanges = 512,
    PlatformOtlp = 1024,
}

/// <summary>
/// One Datadog site. The table is this project's own, so that a slip in the product's table is not mirrored here.
/// </summary>
public sealed record Site(string Name, string Parameter, string AppHost, string BrowserHost, params string[] SpanHosts)
{
    // datadog-facts 1.2: the government sites have no OTLP entry.
    public bool HasOtlp => !Parameter.EndsWith("ddog-gov.com", StringComparison.Ordinal);

    public string Host(Product product) => Hosts().First(h => h.Product == product).Host;

    public IEnumerable<(string Host, Product Product)> Hosts()
    {
        yield return (AppHost, Product.App);
        yield return ($"api.{Parameter}", Product.Api);
        yield return ($"http-intake.logs.{Parameter}", Product.Logs);
        yield return ($"event-management-intake.{Parameter}", Product.Events);
        yield return ($"trace.agent.{Parameter}", Product.TraceAgent);
        yield return ($"metrics.agent.{Parameter}", Product.AgentMetrics);
        yield return ($"ip-ranges.{Parameter}", Product.IpRanges);
        yield return (BrowserHost, Product.Browser);
        if (HasOtlp)
        {
            yield return ($"otlp.{Parameter}", Product.Otlp);
        }

        foreach (var host in SpanHosts)
        {
            yield return (host, Product.Spans);
        }
    }
}
