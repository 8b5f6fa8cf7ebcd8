namespace Partner.Egress;

/// <summary>
/// What Datadog calls a site, for instance <c>us3.datadoghq.com</c>. It is made from a row of the registry only, so
/// whoever holds one holds no attacker's text.
/// </summary>
public readonly record struct SiteParameter
{
    internal SiteParameter(string text) => Text = text;

    public string Text { get; }

    public override string ToString() => Text;
}
