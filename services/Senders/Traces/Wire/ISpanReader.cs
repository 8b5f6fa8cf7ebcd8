namespace Partner.Traces.Wire;

/// <summary>
/// What the two encodings of the agent's formats have in common: values in turn, and containers whose entries
/// <see cref="Next"/> walks. A value of another type than was asked for is left where it is, to be skipped. The
/// implementations are ref structs; as a type parameter none of it costs a call.
/// </summary>
internal interface ISpanReader
{
    /// <summary>The bytes between values that are put in a row.</summary>
    static abstract ReadOnlySpan<byte> Separator { get; }

    /// <summary>Where the next value begins.</summary>
    int Start { get; }

    /// <summary>Where the value ended that was read or skipped.</summary>
    int End { get; }

    bool IsNull { get; }

    /// <param name="left">How many entries there are, as <see cref="Next"/> wants it.</param>
    bool TryReadArray(out int left);

    /// <param name="left">How many entries there are, as <see cref="Next"/> wants it.</param>
    bool TryReadMap(out int left);

    /// <summary>Goes to the container's next entry; false: that was the last.</summary>
    bool Next(ref int left);

    /// <summary>Of an entry of a map; empty if it is no text. Its value comes next.</summary>
    string ReadKey();

    /// <summary>Null is empty. An invalid character becomes U+FFFD.</summary>
    bool TryReadText(out string text);

    /// <summary>A whole number, however it is written; a negative one is its two's complement. Null is 0.</summary>
    bool TryReadInteger(out ulong number);

    bool TryReadDouble(out double number);

    bool TryReadBytes(out ReadOnlySpan<byte> bytes);

    void Skip();

    /// <summary>Nothing may come behind the body's one value.</summary>
    void Finish();
}
