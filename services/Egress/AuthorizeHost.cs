namespace Partner.Egress;

/// <summary>
/// Where a browser is sent to authorise: a site's app host, or one DNS label (a customer's sub-domain) under a site
/// parameter. It says nothing about the site of the org and is never used for API or token hosts
/// (datadog-facts 1.3, security 21).
/// </summary>
public readonly record struct AuthorizeHost
{
    internal AuthorizeHost(string text) => Text = text;

    public string Text { get; }

    public override string ToString() => Text;
}
