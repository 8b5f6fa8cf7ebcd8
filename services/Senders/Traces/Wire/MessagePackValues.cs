using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using MessagePack;

namespace Partner.Traces.Wire;

/// <summary>
/// A value whose length is 2 GiB or more, which MessagePack 2.5.307 tells of by exceptions of arithmetic and of arguments,
/// is one that is cut off: no body is so long.
/// </summary>
internal static class MessagePackValues
{
    /// <exception cref="EndOfStreamException">It is cut off; what is no MessagePack has the package's own exception.</exception>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "Here alone.")]
    public static void SkipValue(this ref MessagePackReader reader)
    {
        try
        {
            reader.Skip();
        }
        catch (Exception exception) when (IsOfLength(exception))
        {
            throw new EndOfStreamException();
        }
    }

    /// <inheritdoc cref="SkipValue"/>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "Here alone.")]
    public static ReadOnlySequence<byte> ReadRawValue(this ref MessagePackReader reader)
    {
        try
        {
            return reader.ReadRaw();
        }
        catch (Exception exception) when (IsOfLength(exception))
        {
            throw new EndOfStreamException();
        }
    }

    /// <summary>Of a text's or an array's bytes.</summary>
    /// <inheritdoc cref="SkipValue"/>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "Here alone.")]
    public static ReadOnlySpan<byte> ReadBytesOf(this scoped ref MessagePackReader reader, bool isText)
    {
        try
        {
            return (isText ? reader.ReadStringSequence() : reader.ReadBytes())!.Value.FirstSpan;
        }
        catch (Exception exception) when (IsOfLength(exception))
        {
            throw new EndOfStreamException();
        }
    }

    private static bool IsOfLength(Exception exception) =>
        exception is OverflowException or ArgumentOutOfRangeException;
}
