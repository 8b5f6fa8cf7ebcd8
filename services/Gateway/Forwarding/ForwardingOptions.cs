namespace Partner.Gateway.Forwarding;

internal sealed class ForwardingOptions
{
    public const string SectionName = "Forwarding";

    /// <summary>Networks of the ingress whose X-Forwarded-For is believed. None: the address of the connection counts.</summary>
    public string[] TrustedProxies { get; init; } = [];

    /// <summary>Longest silence of a service in the middle of a request.</summary>
    public TimeSpan ActivityTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
