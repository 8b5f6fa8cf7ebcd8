namespace Partner.StandIns.Tests;

public class FullFeed
{
    [Fact(Skip = "This build has the genuine packages: there is no stand-in to test.")]
    public void StandInsAreTestedWhereTheyAreUsed()
    {
    }
}
