using System.Text.Json;

namespace Partner.Traces.Wire;

/// <summary>
/// Throws <see cref="JsonException"/> for what is not JSON, <see cref="MalformedException"/> for the rest.
/// </summary>
internal ref struct JsonSpanReader : ISpanReader
{
    private const int MaxDepth = 64;

    // JSON does not say beforehand how many entries come.
    private const int Unknown = -1;

    private Utf8JsonReader _json;

    public JsonSpanReader(ReadOnlySpan<byte> body)
    {
        _json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        _json.Read();
    }

    public static bool HasBytes => false;

    public readonly int ReadArray()
    {
        Expect(JsonTokenType.StartArray);
        return Unknown;
    }

    /// <summary>Null counts as empty.</summary>
    public readonly int ReadMap()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        Expect(JsonTokenType.StartObject);
        return Unknown;
    }

    public bool Next(ref int left) =>
        left != 0 && _json.Read() && _json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);

    public string ReadKey()
    {
        var key = JsonText.Read(ref _json);
        _json.Read();
        return key;
    }

    /// <summary>Null counts as empty.</summary>
    public string ReadString()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            return "";
        }

        Expect(JsonTokenType.String);
        return JsonText.Read(ref _json);
    }

    /// <summary>A negative number is its two's complement, null is 0.</summary>
    public readonly ulong ReadInteger()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        Expect(JsonTokenType.Number);
        return _json.TryGetUInt64(out var number) ? number : _json.TryGetInt64(out var negative)
            ? (ulong)negative
            : throw new MalformedException("A number of a span is not a whole one of 64 bits.");
    }

    public readonly double ReadDouble()
    {
        Expect(JsonTokenType.Number);
        return _json.GetDouble();
    }

    public readonly ReadOnlySpan<byte> ReadBytes() => throw new NotSupportedException();

    public void Skip() => _json.Skip();

    public void End()
    {
        while (_json.Read())
        {
        }
    }

    private readonly void Expect(JsonTokenType type)
    {
        if (_json.TokenType != type)
        {
            throw new MalformedException("The body is not an array of arrays of spans.");
        }
    }
}
