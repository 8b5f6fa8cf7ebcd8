namespace Partner.Gateway.Tests;

internal static class Eventually
{
    /// <summary>For what another thread is about to do; how long it takes is not asserted.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 1500; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("It never came true.");
    }
}
