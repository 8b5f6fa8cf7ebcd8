using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// Where a walk stands: what the next page is asked for with, and what an answer says about the page after it. No style
/// is trusted to say how many there are: numbers and offsets go on until a page is empty, because a page may be short
/// (a smaller maximum than documented, items that this user may not see) and not be the last.
/// </summary>
internal sealed class PageCursor
{
    private readonly PagingRule _paging;
    private readonly JsonObject? _body;
    private QueryPairs _query;
    private long _position;
    private string? _cursor;

    private PageCursor(PagingRule paging, QueryPairs query, JsonObject? body) =>
        (_paging, _query, _body) = (paging, query, body);

    public string Query => _query.Text;

    /// <summary>Null where the style is not one of bodies.</summary>
    public string? Body => _body?.ToJsonString();

    /// <returns>Null: the body is not one that a cursor can be put into.</returns>
    public static PageCursor? Start(PagingRule paging, string query, ReadOnlyMemory<byte>? body)
    {
        var pairs = QueryPairs.Of(query);
        if (paging.Style == PagingStyle.BodyCursor)
        {
            return Parse(body) is { } search && TrySetSize(search, paging)
                ? new PageCursor(paging, pairs, search)
                : null;
        }

        pairs = pairs.Without(paging.Parameter);
        pairs = pairs[paging.SizeParameter] is null ? pairs.With(paging.SizeParameter, Text(paging.Size)) : pairs;
        var pages = new PageCursor(paging, pairs, null);
        pages.Ask();
        return body is { Length: 0 } ? pages : null;
    }

    /// <summary>The items of a page; null where the answer has none of the kind.</summary>
    public JsonElement? ItemsOf(JsonElement answer) =>
        Find(answer, _paging.Items) is { ValueKind: JsonValueKind.Array } items ? items : null;

    /// <summary>Goes on to the next page.</summary>
    public PageStep Next(JsonElement answer, int items)
    {
        if (_paging.Style is PagingStyle.Page or PagingStyle.Offset)
        {
            _position += _paging.Style == PagingStyle.Page ? 1 : items;
            Ask();
            return items == 0 ? PageStep.Done : PageStep.More;
        }

        var next = Find(answer, _paging.Next) switch
        {
            { ValueKind: JsonValueKind.String } text => TextOf(text),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => null,
        };
        if (string.IsNullOrEmpty(next))
        {
            return PageStep.Done;
        }

        if (next == _cursor)
        {
            return PageStep.Loop;
        }

        _cursor = next;
        Ask();
        return PageStep.More;
    }

    private void Ask()
    {
        switch (_paging.Style)
        {
            case PagingStyle.BodyCursor:
                Set(_body!, _paging.Parameter, _cursor!);
                break;
            case PagingStyle.Cursor when _cursor is not null:
                _query = _query.With(_paging.Parameter, _cursor);
                break;
            case PagingStyle.Page or PagingStyle.Offset:
                _query = _query.With(_paging.Parameter, Text(_position));
                break;
        }
    }

    private static JsonObject? Parse(ReadOnlyMemory<byte>? body)
    {
        try
        {
            return body switch
            {
                null => null,
                { Length: 0 } => [],
                { } json => JsonNode.Parse(JsonText.Readable(json.ToArray()), documentOptions: new() { MaxDepth = 64 })
                    as JsonObject,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A cursor of the caller's own would leave out the items before it.
    private static bool TrySetSize(JsonObject body, PagingRule paging)
    {
        try
        {
            Parent(body, paging.Parameter).Remove(Last(paging.Parameter));
            if (Parent(body, paging.SizeParameter)[Last(paging.SizeParameter)] is null)
            {
                Set(body, paging.SizeParameter, paging.Size);
            }

            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Set(JsonObject body, string path, JsonNode value) => Parent(body, path)[Last(path)] = value;

    private static JsonObject Parent(JsonObject body, string path)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            body = body[name] switch
            {
                JsonObject inner => inner,
                null => (JsonObject)(body[name] = new JsonObject()),
                _ => throw new InvalidOperationException("Not an object."),
            };
        }

        return body;
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static JsonElement? Find(JsonElement answer, string path)
    {
        foreach (var name in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (answer.ValueKind != JsonValueKind.Object || Member(answer, name) is not { } found)
            {
                return null;
            }

            answer = found;
        }

        return answer;
    }

    // The document is as Datadog wrote it, for its items are passed on; so its names may be such as cannot be read.
    private static JsonElement? Member(JsonElement answer, string name)
    {
        JsonElement? found = null;
        foreach (var member in answer.EnumerateObject())
        {
            found = TextOf(JsonMarshal.GetRawUtf8PropertyName(member)) == name ? member.Value : found;
        }

        return found;
    }

    private static string? TextOf(JsonElement text) => TextOf(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    private static string? TextOf(ReadOnlySpan<byte> unquoted) =>
        JsonSerializer.Deserialize<string>(JsonText.Readable([(byte)'"', .. unquoted, (byte)'"']));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

internal enum PageStep
{
    More,
    Done,

    /// <summary>The next page is the one that was just read.</summary>
    Loop,
}
