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
        : IsOurOwn(context.Request.Path) ? null
        : DatadogErrorShape.Texts;

    /// <summary>The partner API and the pages.</summary>
    public static bool IsOurOwn(PathString path) => OurOwn.Any(prefix => path.StartsWithSegments(prefix));
}
