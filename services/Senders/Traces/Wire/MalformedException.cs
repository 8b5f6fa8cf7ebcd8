namespace Partner.Traces.Wire;

/// <summary>A body that is not taken; the parser makes a refusal of it.</summary>
internal sealed class MalformedException(string message, int status = StatusCodes.Status400BadRequest)
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
}
