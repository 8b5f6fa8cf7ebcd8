using System.Text.Json;

namespace Partner.Traces.Wire;

/// <summary>Throws <see cref="JsonException"/> for what is not JSON, and nothing else.</summary>
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

    public static ReadOnlySpan<byte> Separator => "\n"u8;

    public readonly int Start => (int)_json.TokenStartIndex;

    public readonly int End => (int)_json.BytesConsumed;

    public readonly bool IsNull => _json.TokenType == JsonTokenType.Null;

    public readonly bool TryReadArray(out int left) =>
        (left = Unknown) < 0 && _json.TokenType == JsonTokenType.StartArray;

    public readonly bool TryReadMap(out int left) =>
        (left = Unknown) < 0 && _json.TokenType == JsonTokenType.StartObject;

    public bool Next(ref int left) =>
        _json.Read() && _json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);

    public string ReadKey()
    {
        var key = JsonStrings.Read(ref _json);
        _json.Read();
        return key;
    }

    public bool TryReadText(out string text)
    {
        text = _json.TokenType == JsonTokenType.String ? JsonStrings.Read(ref _json) : "";
        return _json.TokenType is JsonTokenType.String or JsonTokenType.Null;
    }

    public bool TryReadInteger(out ulong number)
    {
        number = _json.TokenType == JsonTokenType.True ? 1UL : 0;
        return _json.TokenType switch
        {
            JsonTokenType.Null or JsonTokenType.True or JsonTokenType.False => true,
            JsonTokenType.Number or JsonTokenType.String => WholeNumber.TryRead(
                JsonScalar.BytesOf(ref _json),
                out number
            ),
            _ => false,
        };
    }

    public readonly bool TryReadDouble(out double number)
    {
        number = 0;
        return _json.TokenType == JsonTokenType.Number && _json.TryGetDouble(out number) && double.IsFinite(number);
    }

    /// <summary>Base64, as Go's encoder, and so the agent, has it.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_json.TokenType != JsonTokenType.String)
        {
            return false;
        }

        // The reader's own way throws for half a surrogate pair.
        var text = JsonStrings.Read(ref _json);
        var read = new byte[text.Length / 4 * 3];
        var isRead = Convert.TryFromBase64String(text, read, out var length);
        bytes = read.AsSpan(0, length);
        return isRead;
    }

    public void Skip() => _json.Skip();

    public void Finish()
    {
        while (_json.Read()) { }
    }
}
