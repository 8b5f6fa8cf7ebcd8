namespace Partner.Egress;

/// <summary>
/// Datadog's name for a site, for instance <c>us3.datadoghq.com</c>. It is made from a row of the registry only, so it
/// never holds an attacker's text.
/// </summary>
public readonly record struct SiteParameter
{
    internal SiteParameter(string text) => Text = text;

    public string Text { get; }

    public override string ToString() => Text;
}
