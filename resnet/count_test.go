package resnet

import "testing"

// TestCounts compares the conventions with what the tools print, to the last digit:
// torchinfo 1.8.0, fvcore 0.1.5, ptflops 0.7.5, thop 0.1.1, torch 2.15; for ResNet-50
// also DeepSpeed 0.19 and the paper's strides.
func TestCounts(t *testing.T) {
	tools := []string{"torchinfo", "fvcore", "ptflops", "ptflops-aten", "thop", "torch", "deepspeed", "paper"}
	for arch, want := range map[string][]int64{
		"resnet18": {1814083944, 1819065856, 1825313768, 1814074344, 1824033792, 3628146688},
		"resnet34": {3663779432, 3671262720, 3680019432, 3663762408, 3678739456, 7327522816},
		"resnet50": {4089238376, 4111512576, 4132436968, 4089185256, 4133742592, 8178368512,
			8211108352, 3857973248},
		"resnet152":       {11513779048, 11558835200, 11602639848, 11513627624, 11603945472, 23027253248},
		"resnext50_32x4d": {4230549096, 4259381248, 4286878696, 4230480872, 4288184320, 8460959744},
		"wide_resnet50_2": {11398090344, 11426922496, 11454419944, 11398022120, 11455725568, 22796042240},
		"resnet26":        {2342288488, 2357058560, 2370456552, 2342257640, 2371762176, 4684513280},
		"resnet18d":       {2053724648, 2060312064, 2068868072, 2053714920, 2066973440, 4107427840},
		"resnet50d":       {4328879080, 4352758784, 4378098664, 4328825832, 4376945664, 8657649664},
		"vgg19":           {19646923752, 19632087552, 19688937448, 19646923752, 19632112640, 39264124928},
		"vgg19_bn":        {19646934760, 19661791744, 19718641640, 19646923752, 19691521024, 39264124928},
	} {
		m := mustBuild(t, Config{Arch: arch, Batch: 2}) // figures are per image
		got := map[string]int64{}
		for _, c := range m.Counts() {
			got[c.Name] = c.Value
			if c.What == "" {
				t.Errorf("%s does not say what it counts", c.Name)
			}
		}
		for i, v := range want {
			if got[tools[i]] != v {
				t.Errorf("%s by %s: %d, want %d", arch, tools[i], got[tools[i]], v)
			}
		}
		if macs := m.Total.MACs; got["macs"] != macs || got["torchvision"] != macs || got["flops"] != 2*macs {
			t.Errorf("%s: %v, want the multiply-adds %d", arch, got, macs)
		}
	}
}
