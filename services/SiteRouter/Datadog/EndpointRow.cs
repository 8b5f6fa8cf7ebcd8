using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.SiteRouter.Datadog;

/// <summary>A row of Endpoints.json, or of <c>SiteRouter:Endpoints</c>, as it is written.</summary>
internal sealed class EndpointRow
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public string[] Methods { get; init; } = [];

    public string Path { get; init; } = "";

    /// <summary>All of them are needed.</summary>
    public string[] Scopes { get; init; } = [];

    /// <summary>Changes nothing, regardless of its method. A GET need not say so.</summary>
    public bool Read { get; init; }

    public PagingRule? Paging { get; init; }

    public static IReadOnlyList<EndpointRow> BuiltIn()
    {
        using var file = typeof(EndpointRow).Assembly.GetManifestResourceStream("Partner.SiteRouter.Endpoints.json")!;
        return JsonSerializer.Deserialize<EndpointsFile>(file, Json)!.Endpoints;
    }

    private sealed record EndpointsFile(IReadOnlyList<EndpointRow> Endpoints);
}

/// <summary>How an endpoint gives its items page by page: one of the four styles of datadog-facts 4.</summary>
internal sealed class PagingRule
{
    public PagingStyle Style { get; init; }

    /// <summary>Where the page is named: the name of a query parameter, or a dotted path in the body.</summary>
    public string Parameter { get; init; } = "";

    public string SizeParameter { get; init; } = "";

    /// <summary>The most items that a page may have.</summary>
    public int Size { get; init; }

    /// <summary>Dotted path of the items in an answer; empty where the answer is the array itself.</summary>
    public string Items { get; init; } = "";

    /// <summary>Dotted path of the next page's cursor in an answer.</summary>
    public string Next { get; init; } = "";
}

internal enum PagingStyle
{
    /// <summary>0, 1, 2 ... in the query.</summary>
    Page,

    /// <summary>The number of items before the page, in the query.</summary>
    Offset,

    /// <summary>The cursor that the previous answer gave, in the query.</summary>
    Cursor,

    /// <summary>The cursor that the previous answer gave, in the body.</summary>
    BodyCursor,
}
