using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Partner.Sandbox;

public enum SiteFormat
{
    Url,
    Host,
}

public enum Onboarding
{
    Both,
    Domain,
    Site,
    None,
}

public enum Rotation
{
    Never,
    AlwaysOldDies,
    Grace,
}

/// <summary>
/// The switches: each one is something that Datadog documents nowhere (ND in the facts) or contradicts itself about.
/// </summary>
public sealed record Settings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    // datadog-facts 2.3, 2.4: what the authorize request needs, and what comes back.
    public bool RequirePkce { get; init; } = true;

    public bool EchoState { get; init; } = true;

    public bool SendDomain { get; init; } = true;

    public bool SendSite { get; init; } = true;

    public bool SendClientId { get; init; } = true;

    public bool SendDdOid { get; init; } = true;

    public bool SendDdOrgName { get; init; } = true;

    public bool OidEqualsOrgUuid { get; init; }

    public SiteFormat SiteFormat { get; init; } = SiteFormat.Url;

    public Onboarding Onboarding { get; init; } = Onboarding.Both;

    /// <summary>
    /// On: what Datadog takes with a 2xx and then loses is refused, and the answer says why (datadog-facts 3.1).
    /// </summary>
    public bool Strict { get; init; }

    /// <summary>datadog-facts 2.9, 9.6: no org has an application key here, so on means 403 to all.</summary>
    public bool EventsV2NeedsApplicationKey { get; init; } = true;

    /// <summary>How old an incident has to be before the search finds it; ND.</summary>
    public double IncidentSearchLagSeconds { get; init; }

    // datadog-facts 2.5: lifetimes, and what a refresh does to the token it used.
    public double CodeLifetimeSeconds { get; init; } = 600;

    public double AccessTokenSeconds { get; init; } = 3600;

    public Rotation Rotate { get; init; } = Rotation.AlwaysOldDies;

    public double RotationGraceSeconds { get; init; } = 60;

    // datadog-facts 9.4 and 2.10.
    public double NewKeySettlingSeconds { get; init; }

    public bool CurrentUser { get; init; } = true;

    // datadog-facts 3.6 d, e: what a partner's dd-otlp-source has to be, if anything; the platform that is enabled.
    public string? OtlpSource { get; init; }

    public string OtlpPlatform { get; init; } = "demo";

    /// <summary>How many monitors, dashboards, metrics and logs each org has to be read.</summary>
    public int Rows { get; init; } = 25;

    /// <summary>Reads of one kind that an org may make in a period; null announces no limit (datadog-facts 3.8).</summary>
    public int? ReadLimit { get; init; }

    public int ReadLimitPeriodSeconds { get; init; } = 3600;

    /// <summary>Off for load: arrivals are counted, their bytes are not kept.</summary>
    public bool KeepItems { get; init; } = true;

    /// <summary>On for load: each item's mark and hash are kept for arrivals/marks; logs are not looked at for age.</summary>
    public bool KeepMarks { get; init; }

    /// <summary>
    /// How an app host is written in the parameter "site": both forms have been seen (datadog-facts 2.2).
    /// </summary>
    internal string Format(string appHost) => SiteFormat is SiteFormat.Url ? $"https://{appHost}" : appHost;

    /// <summary>
    /// These settings with some of them changed; an unknown name or value throws <see cref="JsonException"/>.
    /// </summary>
    public Settings With(JsonObject changes)
    {
        var merged = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        foreach (var (name, value) in changes)
        {
            merged[name] = value?.DeepClone();
        }

        return merged.Deserialize<Settings>(Json)!;
    }
}
