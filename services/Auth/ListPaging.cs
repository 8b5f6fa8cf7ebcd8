namespace Partner.Auth;

/// <summary>Lists of the partner API: <c>?limit=</c>, <c>?after=</c>, and <c>next</c> in the answer.</summary>
internal static class ListPaging
{
    public const int Usual = 50;
    public const int Most = 200;

    /// <summary>Of one more than was asked for: the page, and whether there is another.</summary>
    public static (IReadOnlyList<T> Page, string? Next) Cut<T>(
        IReadOnlyList<T> found,
        int limit,
        Func<T, string> cursor
    ) => found.Count <= limit ? (found, null) : ([.. found.Take(limit)], cursor(found[limit - 1]));
}
