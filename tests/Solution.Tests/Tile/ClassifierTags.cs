namespace Partner.Solution.Tests.Tile;

internal static class ClassifierTags
{
    /// <summary>
    /// Datadog's list of classifier tags (source D-cat of datadog-facts), with the categories that published tiles use
    /// beyond it (datadog-facts 5.3).
    /// </summary>
    public static IReadOnlySet<string> All { get; } =
        new HashSet<string>([
            .. Of(
                "Category",
                """
                AI/ML, Alerting, Automation, AWS, Azure, Caching, Cloud, Collaboration, Compliance,
                Configuration & Deployment, Containers, Cost Management, Data Store, Data Stores, Developer Tools,
                Event Management, Exceptions, Google Cloud, Incidents, IOT, ISP, Issue Tracking, Kubernetes, Languages,
                Log Collection, Mainframe, Marketplace, Messaging, Metrics, Mobile, Monitoring, Network, Notification,
                Notifications, Oracle, Orchestration, OS & System, OS System, Processing, Profiling, Provisioning, SAP,
                Security, SIEM, SNMP, Source Control, Testing, Tracing, Web
                """
            ),
            .. Of("Offering", "Integration, Professional Service, Software License, UI Extension"),
            .. Of("Queried Data Type", "Metrics, Logs, Traces, Events, Incidents"),
            .. Of("Submitted Data Type", "Metrics, Logs, Traces, Events, Incidents"),
            .. Of(
                "Supported OS",
                "Android, Any, HP-UX, IBM i/OS, IBM z/OS, iOS, Linux, macOS, Mac OS, Solaris, Windows"
            ),
        ]);

    private static IEnumerable<string> Of(string kind, string names) =>
        names.Split(',', StringSplitOptions.TrimEntries).Select(name => $"{kind}::{name}");
}
