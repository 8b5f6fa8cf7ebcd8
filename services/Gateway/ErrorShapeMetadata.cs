namespace Partner.Gateway;

/// <summary>
/// Of an endpoint: how its clients parse errors. Without it our own API and pages answer problem details (RFC 9457), all
/// other paths texts.
/// </summary>
internal sealed record ErrorShapeMetadata(DatadogErrorShape Shape)
{
    private static readonly PathString[] OurOwn = ["/partner", "/connect", "/oauth"];

    /// <summary>Null: problem details.</summary>
    public static DatadogErrorShape? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ErrorShapeMetadata>() is { } said ? said.Shape
        : OurOwn.Any(prefix => context.Request.Path.StartsWithSegments(prefix)) ? null
        : DatadogErrorShape.Texts;
}
