namespace Partner.Sending.Otlp;

/// <summary>A body that is not taken; the parser makes a refusal of it.</summary>
public sealed class MalformedException(string message, int status = StatusCodes.Status400BadRequest)
    : Exception(message)
{
    public int Status => status;

    public static void ThrowIf(BodyRejection? refusal)
    {
        if (refusal is not null)
        {
            throw new MalformedException(refusal.Detail, refusal.Status);
        }
    }

    /// <exception cref="MalformedException">There are more than are taken.</exception>
    public static void ThrowIfMore(int count, int most, string what)
    {
        if (count > most)
        {
            throw new MalformedException(
                $"The request has more than {most} {what}.",
                StatusCodes.Status413PayloadTooLarge
            );
        }
    }
}
