namespace Partner.Traces.Wire;

/// <summary>
/// What the two encodings of the agent's v0.4 have in common: values in turn, and containers whose entries
/// <see cref="Next"/> walks. The implementations are ref structs; as a type parameter none of it costs a call.
/// </summary>
internal interface ISpanReader
{
    /// <summary>Bytes have a form of their own in this encoding.</summary>
    static abstract bool HasBytes { get; }

    /// <returns>How many entries there are, as <see cref="Next"/> wants it.</returns>
    int ReadArray();

    /// <returns>How many entries there are, as <see cref="Next"/> wants it.</returns>
    int ReadMap();

    /// <summary>Goes to the container's next entry; false: that was the last.</summary>
    bool Next(ref int left);

    string ReadKey();

    string ReadString();

    ulong ReadInteger();

    double ReadDouble();

    ReadOnlySpan<byte> ReadBytes();

    void Skip();

    /// <summary>Nothing may come behind the body's one value.</summary>
    void End();
}
