namespace Partner.Demo;

/// <summary>A site as a customer of Datadog knows it (datadog-facts 1.1), with its irregular name (1.3).</summary>
public sealed record DemoSite(string Key, string Name, string Domain, string AppHost, string SpansHost)
{
    public static readonly IReadOnlyList<DemoSite> All =
    [
        new("us1", "US1", "datadoghq.com", "app.datadoghq.com", "public-trace-http-intake.logs.datadoghq.com"),
        new("us3", "US3", "us3.datadoghq.com", "us3.datadoghq.com", "trace.browser-intake-us3-datadoghq.com"),
        new("us5", "US5", "us5.datadoghq.com", "us5.datadoghq.com", "trace.browser-intake-us5-datadoghq.com"),
        new("eu1", "EU1", "datadoghq.eu", "app.datadoghq.eu", "public-trace-http-intake.logs.datadoghq.eu"),
        new("ap1", "AP1", "ap1.datadoghq.com", "ap1.datadoghq.com", "browser-intake-ap1-datadoghq.com"),
        new("ap2", "AP2", "ap2.datadoghq.com", "ap2.datadoghq.com", "browser-intake-ap2-datadoghq.com"),
        new("uk1", "UK1", "uk1.datadoghq.com", "uk1.datadoghq.com", "browser-intake-uk1-datadoghq.com"),
        new("us1-fed", "US1-FED", "ddog-gov.com", "app.ddog-gov.com", "browser-intake-ddog-gov.com"),
        new("us2-fed", "US2-FED", "us2.ddog-gov.com", "us2.ddog-gov.com", "browser-intake-us2-ddog-gov.com"),
    ];

    public string LogsHost => $"http-intake.logs.{Domain}";

    /// <summary>Where data of a type may arrive; traces by whichever sink the site has (datadog-facts 3.6).</summary>
    public bool IsHostOf(string type, string host) =>
        type switch
        {
            "logs" => host == LogsHost,
            "traces" => host == $"otlp.{Domain}"
                || host == $"trace.agent.{Domain}"
                || host == SpansHost
                || host.EndsWith($".integrations.otlp.{Domain}", StringComparison.Ordinal),
            _ => host == $"api.{Domain}",
        };
}
