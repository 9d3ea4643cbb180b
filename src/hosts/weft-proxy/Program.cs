using Weft.Proxy.Pod;

return args is ["pod", ..] ? PodAgent.Run(args.AsSpan(1)) : 2;
