using System.Globalization;

namespace Partner.Traces.Otlp;

/// <summary>
/// From OpenTelemetry's attributes to Datadog's fields, as
/// https://docs.datadoghq.com/opentelemetry/mapping/semantic_mapping/ has it and the Agent's OTLP receiver does.
/// </summary>
internal static class OtlpMapping
{
    private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

    public static Span ToDatadog(OtlpSpan read, Span resource, string scope, string scopeVersion)
    {
        var span = read.Span;
        var (meta, kind) = (span.Meta, read.Kind > 0 && read.Kind < Kinds.Length ? Kinds[read.Kind] : Kinds[0]);
        foreach (var (key, value) in resource.Meta.Where(tag => !IsField(tag.Key)))
        {
            meta.TryAdd(key, value);
        }

        foreach (var (key, value) in resource.Metrics)
        {
            span.Metrics.TryAdd(key, value);
        }

        span.Service = Take(meta, OtlpName.Service) ?? resource.Meta.GetValueOrDefault(OtlpName.Service) ?? "";
        // Where the attributes came from a Datadog span, these name its fields.
        span.Name = Take(meta, OtlpName.Operation) ?? NameOf(span, kind);
        span.Resource = Take(meta, OtlpName.Resource) ?? ResourceOf(meta) ?? read.Name;
        span.Type = Take(meta, OtlpName.Type) ?? TypeOf(meta, kind);
        Add(
            meta,
            Tag.Environment,
            resource.Meta.GetValueOrDefault(OtlpName.Environment)
                ?? resource.Meta.GetValueOrDefault(OtlpName.OldEnvironment)
        );
        Add(meta, Tag.Version, resource.Meta.GetValueOrDefault(OtlpName.ServiceVersion));
        Add(meta, Tag.Language, resource.Meta.GetValueOrDefault(OtlpName.Language));
        Add(meta, "otel.scope.name", scope);
        Add(meta, "otel.scope.version", scopeVersion);
        Add(meta, Tag.Kind, read.Kind == 0 ? null : kind);
        Add(meta, Tag.ErrorMessage, read.StatusMessage);
        Add(meta, "events", read.Events);
        Add(meta, "_dd.span_links", read.Links);
        Add(
            meta,
            "http.status_code",
            Code(span.Metrics, "http.response.status_code") ?? Code(span.Metrics, "http.status_code")
        );
        return span.Normalize();
    }

    private static bool IsField(string key) =>
        key
            is OtlpName.Service
                or OtlpName.ServiceVersion
                or OtlpName.Environment
                or OtlpName.OldEnvironment
                or OtlpName.Language;

    private static string NameOf(Span span, string kind)
    {
        var meta = span.Meta;
        if (HasHttp(meta))
        {
            return kind == "server" ? "http.server.request" : "http.client.request";
        }

        return (meta.GetValueOrDefault("db.system.name") ?? meta.GetValueOrDefault("db.system")) is { } database
                ? $"{database}.query"
            : kind is "server" or "client" ? $"{kind}.request"
            : kind;
    }

    private static string? ResourceOf(Dictionary<string, string> meta)
    {
        var method = meta.GetValueOrDefault("http.request.method") ?? meta.GetValueOrDefault("http.method");
        return method is null ? null
            : meta.GetValueOrDefault("http.route") is { } route ? $"{method} {route}"
            : method;
    }

    private static string TypeOf(Dictionary<string, string> meta, string kind) =>
        kind switch
        {
            "server" => "web",
            "client" => (meta.GetValueOrDefault("db.system.name") ?? meta.GetValueOrDefault("db.system")) switch
            {
                null => HasHttp(meta) ? "http" : "custom",
                "redis" or "memcached" => "cache",
                _ => "db",
            },
            _ => "custom",
        };

    private static bool HasHttp(Dictionary<string, string> meta) =>
        meta.ContainsKey("http.request.method") || meta.ContainsKey("http.method");

    private static string? Code(Dictionary<string, double> metrics, string name) =>
        metrics.TryGetValue(name, out var code) ? code.ToString(CultureInfo.InvariantCulture) : null;

    private static void Add(Dictionary<string, string> meta, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            meta.TryAdd(key, value);
        }
    }

    private static string? Take(Dictionary<string, string> meta, string key) =>
        meta.Remove(key, out var value) ? value : null;
}
